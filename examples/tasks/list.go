package main

import (
	"context"
	"sync"

	"github.com/parlance-dev/parlance/examples/tasks/gen/tasks"
	"github.com/parlance-dev/parlance/sio"
)

// most is the contract's limit tasks.
const most = 10_000

// list implements tasks.TasksHandler in memory.
type list struct {
	mu  sync.Mutex
	all []tasks.Task
}

var _ tasks.TasksHandler = (*list)(nil)

func newList() *list { return &list{} }

// AddTask puts a task on the list and tells the team.
func (l *list) AddTask(_ context.Context, c *sio.Conn, in *tasks.NewTask) (*tasks.Added, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) >= most {
		return nil, sio.NewError(sio.CodeLimit, "")
	}
	task := tasks.Task{
		ID: int64(len(l.all) + 1), Title: in.Title, Priority: in.Priority, Labels: in.Labels, By: c.Identity().UserID,
	}
	l.all = append(l.all, task)
	// Under the lock, so that all learn of tasks in the order of their numbers.
	if err := tasks.NewBroadcaster(c.Server()).TaskAdded(&task); err != nil {
		return nil, err
	}
	return &tasks.Added{ID: task.ID}, nil
}

// ListTasks returns the newest tasks.
func (l *list) ListTasks(_ context.Context, _ *sio.Conn, in *tasks.Filter) (*tasks.List, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.all)
	if limit := limitOf(in); int64(n) > limit {
		n = int(limit)
	}
	newest := make([]tasks.Task, n)
	for i := range newest {
		newest[i] = l.all[len(l.all)-1-i]
	}
	return &tasks.List{Tasks: newest}, nil
}

// limitOf is the filter's limit; without a filter, the contract's default.
func limitOf(in *tasks.Filter) int64 {
	const unsaid = 100
	if in == nil {
		return unsaid
	}
	return in.Limit
}

// Look takes note of what a user looks at; nobody is told yet.
func (*list) Look(context.Context, *sio.Conn, *tasks.Reference) error { return nil }
