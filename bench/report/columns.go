package report

import "strings"

// target is what the peer ours-native is to reach.
type target struct {
	ratio float64 // at most this share of the reference
	bytes float64 // at most so much memory a client
}

// measured is the peer that the targets are for.
const measured = "ours-native"

// targetOf returns the target of a column; the zero value: none.
func targetOf(column string) target {
	switch {
	case column == "ack1", column == "ack16":
		return target{ratio: 0.6}
	case column == "broadcast", column == "broadcast1":
		return target{ratio: 0.45}
	case column == "churn":
		return target{ratio: 0.25}
	case idle(column):
		return target{bytes: 12 << 10}
	}
	return target{}
}

// idle reports whether a column is of memory.
func idle(column string) bool { return strings.HasPrefix(column, "idle") }

// title is what people read of a column.
func title(column string) string {
	switch {
	case idle(column):
		return "Idle memory, " + grouped(strings.TrimPrefix(column, "idle")) + " clients"
	case column == "broadcast":
		return "Broadcast to 1,000, 20 at once, per delivery"
	case column == "broadcast1":
		return "Broadcast to 1,000, one at a time, per delivery"
	case column == "churn":
		return "Connect and disconnect"
	case column == "durable1":
		return "Durable message, one at a time"
	case strings.HasPrefix(column, "durable"):
		return "Durable message, " + grouped(strings.TrimPrefix(column, "durable")) + " on their way"
	case strings.HasPrefix(column, "ack"):
		return "Acknowledged message, depth " + strings.TrimPrefix(column, "ack")
	}
	return column
}

// unit is what the figures of a column are for one of.
func unit(column string) string {
	if idle(column) {
		return "RSS growth for each client"
	}
	return "CPU time of the server for each operation"
}
