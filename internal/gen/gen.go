// Package gen is the home of what is generated from the contract: events (the
// types, decoders, handler interfaces and emitters), contract (the document in
// one file) and, from openapi/openapi.yaml, api (types and routes of the HTTP
// API). Nothing below it is edited by hand.
package gen

//go:generate go run ../../cmd/parlance generate --spec ../../asyncapi/asyncapi.yaml --target go --package events --out events
//go:generate go run ../../cmd/parlance generate --spec ../../asyncapi/asyncapi.yaml --target bundle --package contract --out contract
//go:generate go tool -modfile=../../tools/go/go.mod oapi-codegen -config ../../openapi/oapi-codegen.yaml -o api/api.gen.go ../../openapi/openapi.yaml
