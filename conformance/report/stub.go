package report

type Known struct{}

func (*Known) Apply(*Report, bool) {}
