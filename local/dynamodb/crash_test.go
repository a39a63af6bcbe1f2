package dynamodb

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/orderflow-dev/orderflow/local/store"
)

// TestService_Crash crashes the file system under concurrent transactions that each put one item
// into two tables. Every answered write survives, no transaction survives in part, items and
// streams agree, and the stream continues after its last record.
func TestService_Crash(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			fs := vfs.NewCrashableMem()
			st, err := store.Open("db", store.Options{FS: fs})
			if err != nil {
				t.Fatal(err)
			}
			s := openStack(t, st)
			s.must(t, "CreateTable", accountsTable)
			s.must(t, "CreateTable", strings.Replace(accountsTable, `"accounts"`, `"ledger"`, 1))
			answered, crashed := crashWhileWriting(t, s, fs, seed)
			if err := st.Close(); err != nil {
				t.Fatal(err)
			}

			st, err = store.Open("db", store.Options{FS: crashed})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			s = openStack(t, st)
			ids := scanIDs(t, s, "accounts")
			if others := scanIDs(t, s, "ledger"); len(others) != len(ids) {
				t.Errorf("%d items in one table, %d in the other", len(ids), len(others))
			}
			for id := range answered {
				if !ids[id] {
					t.Errorf("item %s was answered and is lost", id)
				}
			}
			checkReplay(t, s, "accounts")
			checkReplay(t, s, "ledger")
			head, err := s.StreamHead("accounts")
			if err != nil {
				t.Fatal(err)
			}
			s.must(t, "PutItem", `{"TableName":"accounts","Item":{"id":{"S":"after"}}}`)
			if records, err := s.ReadStream("accounts", head, 10); err != nil || len(records) != 1 {
				t.Errorf("after the crash: %v, %v", records, err)
			}
		})
	}
}

// crashWhileWriting returns the crashed state of the file system under concurrent writers, and the
// writes that were answered before it.
func crashWhileWriting(t *testing.T, s *stack, fs *vfs.MemFS, seed uint64) (answered map[string]bool, crashed *vfs.MemFS) {
	const put = `{"TransactItems":[{"Put":{"TableName":"accounts","Item":{"id":{"S":"%s"}}}},` +
		`{"Put":{"TableName":"ledger","Item":{"id":{"S":"%s"}}}}]}`
	var mu sync.Mutex
	done := map[string]bool{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 40 {
				id := fmt.Sprintf("%d-%d", w, i)
				if _, err := s.Do(t.Context(), "TransactWriteItems", json.RawMessage(fmt.Sprintf(put, id, id))); err != nil {
					t.Error(err)
				}
				if err := s.store.Outlet().Wait(); err != nil {
					t.Error(err)
				}
				mu.Lock()
				done[id] = true
				if len(done) == 100+int(seed)*30 {
					answered = map[string]bool{}
					for id := range done {
						answered[id] = true
					}
					crashed = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed) * 30,
						RNG: rand.New(rand.NewPCG(seed, 1))})
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return answered, crashed
}

func scanIDs(t *testing.T, s *stack, tableName string) map[string]bool {
	t.Helper()
	out, err := s.Do(t.Context(), "Scan", json.RawMessage(`{"TableName":"`+tableName+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, i := range *out.(*pageOutput).Items {
		ids[i["id"].Text] = true
	}
	return ids
}
