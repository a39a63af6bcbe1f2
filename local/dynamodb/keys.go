package dynamodb

import "github.com/orderflow-dev/orderflow/local/store"

// The keys of the store; id is the number of a table, which is never used again:
//
//	ddb table  <name>                                -> tableSpec in JSON
//	ddb lastid                                       -> the highest id given
//	ddb item   <id> <hash> [<range>]                 -> item
//	ddb index  <id> <index> <hash> [<range>] <item's hash> [<item's range>] -> projected item
//	ddb ttl    <id> <epoch second> <item's hash> [<item's range>] -> key of the item in the store
//	ddb stream <id> <stream> <sequence>              -> stream record
//	ddb trim   <id> <stream>                         -> the highest sequence number trimmed
//	ddb ended  <id> <stream>                         -> a stream that was switched off, in JSON
//	ddb token  <interval> <client request token>     -> expiry and fingerprint of an idempotent transaction
func tableKey(name string) store.Key { return store.NewKey("ddb", "table", name) }
func lastIDKey() store.Key           { return store.NewKey("ddb", "lastid") }

func itemsKey(id uint64) store.Key { return store.NewKey("ddb", "item").Uint(id) }
func ttlKey(id uint64) store.Key   { return store.NewKey("ddb", "ttl").Uint(id) }

func indexesKey(id uint64) store.Key { return store.NewKey("ddb", "index").Uint(id) }
func streamsKey(id uint64) store.Key { return store.NewKey("ddb", "stream").Uint(id) }
func trimsKey(id uint64) store.Key   { return store.NewKey("ddb", "trim").Uint(id) }

func endedKey() store.Key { return store.NewKey("ddb", "ended") }

func tokensKey() store.Key { return store.NewKey("ddb", "token") }
func tokenKey(interval uint64, token string) store.Key {
	return tokensKey().Uint(interval).String(token)
}
