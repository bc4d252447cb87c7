package metrics

import (
	"strings"

	"github.com/parlance-dev/parlance/internal/mdtable"
)

// UpdateTable returns the documentation with a table of the definitions between
// its marks; see mdtable.Update.
func UpdateTable(document string) (string, error) {
	var rows [][]string
	for _, d := range Definitions() {
		var labels []string
		for _, l := range d.Labels {
			labels = append(labels, "`"+l.Name+"`: "+l.Values)
		}
		rows = append(rows, []string{"`" + d.Name + "`", d.Kind, d.Unit, d.Help, strings.Join(labels, "; ")})
	}
	return mdtable.Update(document, "metrics", mdtable.Table([]string{"Metric", "Kind", "Unit", "Meaning", "Labels"}, rows))
}
