// Package gen is the home of what is generated from the contract: events (the
// types, decoders, handler interfaces and emitters) and contract (the document
// in one file). Nothing below it is edited by hand.
package gen

//go:generate go run ../../cmd/parlance generate --spec ../../asyncapi/asyncapi.yaml --target go --package events --out events
//go:generate go run ../../cmd/parlance generate --spec ../../asyncapi/asyncapi.yaml --target bundle --package contract --out contract
