package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// socketCases hold on the level socket.
func socketCases() []testCase {
	return slices.Concat(transportCases(), connectCases(), disconnectCases(), messageCases(), malformedCases())
}

// join joins a namespace and reads the answer: an id and nothing else.
func (w *ws) join(namespace, auth string) error {
	if err := w.send("40" + namespace + auth); err != nil {
		return err
	}
	text, err := w.wantPrefix("40" + namespace)
	if err != nil {
		return err
	}
	var said map[string]string
	if err := json.Unmarshal([]byte(text), &said); err != nil || len(said) != 1 || said["sid"] == "" {
		return fmt.Errorf("CONNECT was answered with %q, want a sid alone", text)
	}
	return nil
}

// joined opens a websocket that is in the main namespace and has been greeted.
func (t *target) joined() (*ws, error) {
	w, _, err := t.openWebSocket()
	if err != nil {
		return nil, err
	}
	return w, errors.Join(w.join("", ""), w.want(`42["auth",{}]`))
}

func connectCases() []testCase {
	connect := func(namespace, auth, greeting string) func(*target) error {
		return func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			if err := w.join(namespace, auth); err != nil {
				return err
			}
			return w.want(greeting)
		}
	}
	return []testCase{
		{"connect/main", connect("", "", `42["auth",{}]`)},
		{"connect/main/payload", connect("", `{"token":"123"}`, `42["auth",{"token":"123"}]`)},
		{"connect/custom", connect("/custom,", "", `42/custom,["auth",{}]`)},
		{"connect/custom/payload", connect("/custom,", `{"token":"abc"}`, `42/custom,["auth",{"token":"abc"}]`)},
		{"connect/unknown namespace", func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			return errors.Join(w.send("40/random"), w.want(`44/random,{"message":"Invalid namespace"}`))
		}},
		{"connect/malformed", func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			return errors.Join(w.send("4abc"), w.wantCloseNow())
		}},
		{"connect/never", func(t *target) error {
			w, _, err := t.openWebSocket()
			if err != nil {
				return err
			}
			return w.wantCloseNow() // it answers pings: the CONNECT is what is missing
		}},
	}
}

func disconnectCases() []testCase {
	return []testCase{
		{"disconnect/main", func(t *target) error {
			w, err := t.joined()
			if err != nil {
				return err
			}
			if err := w.send("41"); err != nil {
				return err
			}
			for range 2 { // the session goes on, and nothing else comes
				if err := w.pong(); err != nil {
					return err
				}
			}
			return errors.Join(w.join("", ""), w.want(`42["auth",{}]`))
		}},
		{"disconnect/custom", func(t *target) error {
			w, err := t.joined()
			if err != nil {
				return err
			}
			if err := errors.Join(w.join("/custom,", ""), w.want(`42/custom,["auth",{}]`)); err != nil {
				return err
			}
			return errors.Join(
				w.send("41/custom,", `42["message","to the main namespace"]`),
				w.want(`42["message-back","to the main namespace"]`))
		}},
	}
}

func messageCases() []testCase {
	text := func(namespace, send, want string) func(*target) error {
		return func(t *target) error {
			w, err := t.joinedTo(namespace)
			if err != nil {
				return err
			}
			return errors.Join(w.send(send), w.want(want))
		}
	}
	binary := func(namespace, send, want string) func(*target) error {
		return func(t *target) error {
			w, err := t.joinedTo(namespace)
			if err != nil {
				return err
			}
			return errors.Join(
				w.send(send), w.sendBinary([]byte{1, 2, 3}, []byte{4, 5, 6}),
				w.want(want, "b:010203", "b:040506"))
		}
	}
	const parts = `{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
	return []testCase{
		{"message/text", text("", `42["message",1,"2",{"3":[true]}]`, `42["message-back",1,"2",{"3":[true]}]`)},
		{"message/no argument", text("", `42["message"]`, `42["message-back"]`)},
		{"message/binary", binary("", `452-["message",`+parts, `452-["message-back",`+parts)},
		{"message/text with ack", text("", `42456["message-with-ack",1,"2",{"3":[false]}]`, `43456[1,"2",{"3":[false]}]`)},
		{"message/no argument with ack", text("", `427["message-with-ack"]`, `437[]`)},
		{"message/binary with ack", binary("", `452-789["message-with-ack",`+parts, `462-789[`+parts)},
		{"message/custom/text", text("/custom,", `42/custom,["message",null,[]]`, `42/custom,["message-back",null,[]]`)},
		{"message/custom/binary with ack", binary("/custom,", `452-/custom,7["message-with-ack",`+parts, `462-/custom,7[`+parts)},
	}
}

// joinedTo is joined, and for another namespace in that one too.
func (t *target) joinedTo(namespace string) (*ws, error) {
	w, err := t.joined()
	if err != nil || namespace == "" {
		return w, err
	}
	return w, errors.Join(w.join(namespace, ""), w.want("42"+namespace+`["auth",{}]`))
}

func malformedCases() []testCase {
	closes := func(packet string) func(*target) error {
		return func(t *target) error {
			w, err := t.joined()
			if err != nil {
				return err
			}
			return errors.Join(w.send(packet), w.wantCloseNow())
		}
	}
	return []testCase{
		{"malformed/packet type", closes("4abc")},
		{"malformed/payload", closes("42{}")},
		{"malformed/ack id", closes(`42abc["message-with-ack",1,"2",{"3":[false]}]`)},
	}
}
