package httpapi

// defaultLimit is how many entries a page has where nobody says.
const defaultLimit = 50

// pageSize is the limit of a page.
func pageSize(asked int) int {
	if asked == 0 {
		return defaultLimit
	}
	return asked
}

// page makes a page of limit entries out of found, for which one more was asked,
// to know whether there is another page. rest is the last entry of this page where
// there is, nil where not.
func page[T, U any](found []T, limit int, as func(T) U) (list []U, rest *T) {
	if len(found) > limit {
		found = found[:limit]
		rest = &found[limit-1]
	}
	list = make([]U, len(found))
	for i, f := range found {
		list[i] = as(f)
	}
	return list, rest
}
