package zishang520

import (
	"errors"
	"reflect"
	"runtime"

	"github.com/zishang520/socket.io/servers/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/queue"
)

// queueField is where the library keeps the task queue of a socket.
const queueField = "taskQueue"

// checkQueue fails where the library has changed so that unpin would not work.
func checkQueue() error {
	field, ok := reflect.TypeFor[socket.Socket]().FieldByName(queueField)
	if !ok || field.Type != reflect.TypeFor[*queue.Queue]() {
		return errors.New("sio/zishang520: the library's sockets have no task queue of the known kind")
	}
	return nil
}

// unpin gives the memory of a library socket back once it has ended. The
// library sets a finalizer on the socket's task queue, which is part of a cycle
// of pointers, and the garbage collector never frees such a cycle: about 9 KB
// for each CONNECT, refused ones too. The library closes the queue itself, so
// nothing is lost with the finalizer.
func unpin(lib *socket.Socket) {
	field := reflect.ValueOf(lib).Elem().FieldByName(queueField)
	q := *(**queue.Queue)(field.Addr().UnsafePointer())
	runtime.SetFinalizer(q, nil)
}
