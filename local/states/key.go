package states

import (
	"encoding/binary"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

// The keys of the store. Executions have a number, assigned in the order of their starts; M is a
// state machine's name.
//
//	m M              -> state machine (JSON); stays after deletion, so that no revision is used twice
//	d M revision     -> definition (JSON)
//	x M name         -> number of the execution of that name
//	e number         -> execution (record.go)
//	h number event   -> events of one step, the first of which is that event
//	r number         -> running: M, and how it continues after a restart (record.go)
//	c M status ^end ^number -> entry of ListExecutions for a closed execution; newest first
//	l M status ^number -> such an entry, as written by earlier versions
//	w number task    -> number of the execution for which a .sync task of that execution waits
//	t token          -> number and task of a task token
//	o sequence       -> status change event that is not yet published
//	g ARN            -> tags (JSON)
var (
	machineKeys    = store.NewKey("states", "m")
	definitionKeys = store.NewKey("states", "d")
	nameKeys       = store.NewKey("states", "x")
	executionKeys  = store.NewKey("states", "e")
	historyKeys    = store.NewKey("states", "h")
	runningKeys    = store.NewKey("states", "r")
	listKeys       = store.NewKey("states", "c")
	oldListKeys    = store.NewKey("states", "l")
	childKeys      = store.NewKey("states", "w")
	tokenKeys      = store.NewKey("states", "t")
	outboxKeys     = store.NewKey("states", "o")
	tagKeys        = store.NewKey("states", "g")
)

func machineKey(name string) store.Key { return machineKeys.Clone().String(name) }

func definitionKey(name string, revision uint64) store.Key {
	return definitionKeys.Clone().String(name).Uint(revision)
}

func nameKey(machine, name string) store.Key { return nameKeys.Clone().String(machine).String(name) }

func executionKey(id uint64) store.Key { return executionKeys.Clone().Uint(id) }

func historyKey(id uint64, event int64) store.Key {
	return historyKeys.Clone().Uint(id).Uint(uint64(event))
}

func runningKey(id uint64) store.Key { return runningKeys.Clone().Uint(id) }

func listKey(machine string, status byte, p rank) store.Key {
	return append(listKeys.Clone().String(machine), status).Uint(^uint64(p.at)).Uint(^p.id)
}

func childKey(parent uint64, task asl.TaskID) store.Key {
	return childKeys.Clone().Uint(parent).Uint(uint64(task))
}

func tokenKey(token string) store.Key { return tokenKeys.Clone().String(token) }

func outboxKey(sequence uint64) store.Key { return outboxKeys.Clone().Uint(sequence) }

func tagKey(arn string) store.Key { return tagKeys.Clone().String(arn) }

// lastUint is the integer element that ends a key.
func lastUint(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }
