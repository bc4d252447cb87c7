package main

import (
	"encoding/json"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
)

// task is what the cases look at of a task.
type task struct {
	ID       int64
	Title    string
	Priority int64
	By       string
}

// cases are those of the document's words.
func cases(*contract.Contract) ([]kit.Case, error) {
	const section = "5 Tasks"
	return []kit.Case{
		{
			ID: "tasks/told", Section: section, Contract: "a new task is told to the whole team, whoever added it included",
			Run: func(t *kit.T) {
				ada, bob := t.Enter("editor"), t.Enter("viewer")
				title := t.Name("task")
				id := kit.Decode[task](t, ada.OK("add_task", map[string]any{"title": title}).Raw).ID
				for _, c := range []*kit.Client{ada, bob} {
					told := kit.Decode[task](t, c.NextWhere("task_added", kit.Containing(title)))
					t.Expect(told).To(Equal(task{ID: id, Title: title, Priority: 3, By: ada.User}), "the task that is told")
				}
				t.Coverage.Audience("task_added to team")
			},
		},
		{
			ID: "tasks/newest-first", Section: section, Contract: "the newest tasks come first",
			Run: func(t *kit.T) {
				ada := t.Enter("editor")
				for range 2 {
					ada.OK("add_task", map[string]any{"title": t.Name("task")})
				}
				var listed struct{ Tasks []task }
				t.Must(json.Unmarshal(ada.OK("list_tasks", map[string]any{"limit": 2}).Raw, &listed))
				t.Expect(listed.Tasks).To(HaveLen(2), "tasks with a limit of 2")
				t.Expect(listed.Tasks[0].ID).To(BeNumerically(">", listed.Tasks[1].ID), "number of the first task, against the second's")
			},
		},
	}, nil
}
