package kit

// OnBackend returns t for another instance of the backend: its clients and
// requests go there. Requests to its /api do not count towards the run's.
func (t *T) OnBackend(b Backend) *T {
	other := *t
	other.Env = &Env{
		Backend: b, Judge: t.Judge, Coverage: t.Coverage, Cells: t.Cells, Patience: t.Patience, HTTP: t.HTTP,
	}
	return &other
}
