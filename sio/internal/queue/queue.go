// Package queue is a first-in first-out queue that gives its room back. It
// imports the standard library only.
package queue

// kept is how many items an empty queue keeps room for at most.
const kept = 4

// Queue is a first-in first-out queue. The zero value is empty. It is for one
// goroutine at a time, and grows with what is in it, not with what has been:
// whoever fills it has to bound it.
type Queue[T any] struct {
	items []T
	head  int
}

// Len is how many items are in the queue.
func (q *Queue[T]) Len() int { return len(q.items) - q.head }

// Push adds an item at the end.
func (q *Queue[T]) Push(item T) {
	if len(q.items) == cap(q.items) && q.head > len(q.items)/2 { // it never ran empty
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, item)
}

// PushFront adds an item at the front.
func (q *Queue[T]) PushFront(item T) {
	if q.head > 0 {
		q.head--
		q.items[q.head] = item
		return
	}
	q.items = append([]T{item}, q.items...)
}

// Front returns the next item, nil where there is none. It may be changed.
func (q *Queue[T]) Front() *T {
	if q.head == len(q.items) {
		return nil
	}
	return &q.items[q.head]
}

// Pop takes the next item, false where there is none.
func (q *Queue[T]) Pop() (item T, ok bool) {
	if q.head == len(q.items) {
		return item, false
	}
	var zero T
	item, q.items[q.head] = q.items[q.head], zero
	if q.head++; q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
		if cap(q.items) > kept {
			q.items = nil
		}
	}
	return item, true
}

// Clear drops all items and gives the room back.
func (q *Queue[T]) Clear() { *q = Queue[T]{} }
