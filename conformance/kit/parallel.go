package kit

import "sync"

// Parallel runs parts of a case side by side and waits for all of them. A part
// may fail, or skip, as the case itself may; of several ends the first in the
// order of the parts counts.
func (t *T) Parallel(parts ...func()) {
	ends := make([]any, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		wg.Go(func() {
			defer func() { ends[i] = recover() }()
			part()
		})
	}
	wg.Wait()
	for _, end := range ends {
		if end != nil {
			panic(end) // Exec takes it down as the case's own
		}
	}
}

// Times returns n parts for Parallel that know their number.
func Times(n int, part func(i int)) []func() {
	parts := make([]func(), n)
	for i := range parts {
		parts[i] = func() { part(i) }
	}
	return parts
}
