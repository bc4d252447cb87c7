package wire

import "time"

// ParseDateTime reads a date-time of RFC 3339 and returns it in UTC. Digits of
// the fraction beyond nanoseconds are cut. A leap second (23:59:60 UTC) becomes
// the second that follows it, because time.Time has none.
func ParseDateTime(s []byte) (t time.Time, ok bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[10]|0x20 != 't' {
		return time.Time{}, false
	}
	year, month, day, ok := parseDate(s[:10])
	if !ok {
		return time.Time{}, false
	}
	c, ok := parseTime(s[11:])
	if !ok {
		return time.Time{}, false
	}
	t = time.Date(year, time.Month(month), day, c.hour, c.minute, c.second, c.nanos, time.UTC)
	if c.offset != 0 {
		t = t.Add(-time.Duration(c.offset) * time.Minute)
	}
	return t, true
}

// IsDate reports whether s is a full-date of RFC 3339, such as 2026-01-02.
func IsDate(s []byte) bool {
	_, _, _, ok := parseDate(s)
	return ok
}

// IsTime reports whether s is a full-time of RFC 3339: with a zone, such as
// 15:04:05.678Z.
func IsTime(s []byte) bool {
	_, ok := parseTime(s)
	return ok
}

// number reads n digits at the start of s; -1 where there are not so many.
func number(s []byte, n int) int {
	if len(s) < n {
		return -1
	}
	v := 0
	for _, c := range s[:n] {
		if c < '0' || c > '9' {
			return -1
		}
		v = v*10 + int(c-'0')
	}
	return v
}

func parseDate(s []byte) (year, month, day int, ok bool) {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return 0, 0, 0, false
	}
	year, month, day = number(s, 4), number(s[5:], 2), number(s[8:], 2)
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, 0, 0, false
	}
	return year, month, day, true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// clock is a time of day.
type clock struct {
	hour, minute, second, nanos int
	offset                      int // minutes east of UTC
}

func parseTime(s []byte) (c clock, ok bool) {
	if len(s) < len("15:04:05Z") || s[2] != ':' || s[5] != ':' {
		return c, false
	}
	c.hour, c.minute, c.second = number(s, 2), number(s[3:], 2), number(s[6:], 2)
	if uint(c.hour) > 23 || uint(c.minute) > 59 || uint(c.second) > 60 { //nolint:gosec // -1 is meant to become large
		return c, false
	}
	s, c.nanos, ok = parseFraction(s[8:])
	if !ok {
		return c, false
	}
	if c.offset, ok = parseZone(s); !ok {
		return c, false
	}
	const day = 24 * 60
	utc := (c.hour*60 + c.minute - c.offset + day) % day
	return c, c.second < 60 || utc == day-1
}

// parseFraction reads ".678" where there is one, and returns what follows.
func parseFraction(s []byte) (rest []byte, nanos int, ok bool) {
	if s[0] != '.' {
		return s, 0, true
	}
	i := 1
	scale := int(time.Second)
	for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		scale /= 10
		nanos += int(s[i]-'0') * scale
	}
	return s[i:], nanos, i > 1
}

// parseZone reads "Z" or "+07:00" and returns minutes east of UTC.
func parseZone(s []byte) (offset int, ok bool) {
	if len(s) == 1 && s[0]|0x20 == 'z' {
		return 0, true
	}
	if len(s) != len("+07:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	hours, minutes := number(s[1:], 2), number(s[4:], 2)
	if uint(hours) > 23 || uint(minutes) > 59 { //nolint:gosec // -1 is meant to become large
		return 0, false
	}
	offset = hours*60 + minutes
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// IsDateTime reports whether s is a date-time of RFC 3339.
func IsDateTime(s []byte) bool {
	_, ok := ParseDateTime(s)
	return ok
}
