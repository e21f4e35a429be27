package devstack

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// TB is what the helpers for tests need of testing.TB; it keeps package testing out of the product.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Main runs the tests of one binary and then stops what they shared. Each package whose tests use TestDatabase,
// TestTemporal or TestNamespace has:
//
//	func TestMain(m *testing.M) { os.Exit(devstack.Main(m)) }
//
// A binary that panics or runs into its time limit does not get that far. Its servers die with it anyway, and the
// next binary removes the folder that it left.
func Main(m interface{ Run() int }) int {
	shared.mu.Lock()
	shared.tests = &testParts{}
	shared.mu.Unlock()

	code := m.Run()

	shared.mu.Lock()
	defer shared.mu.Unlock()
	if err := shared.tests.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "devstack: stop what the tests shared:", err)
		code = max(code, 1)
	}
	shared.tests = nil
	return code
}

// shared is the one variable of this package that changes: the tests of a binary have nothing else in common than the
// process, so what they share has to hang there. Only Main sets it.
var shared struct {
	mu    sync.Mutex
	tests *testParts // nil outside Main
}

// testParts are the servers that the tests of one binary share. Each is started by the first test that asks.
type testParts struct {
	folder   once[*testFolder]
	cluster  once[*testCluster]
	temporal once[*Temporal]
}

// testsOf returns the shared parts, or ends the test where Main does not run it.
func testsOf(t TB) *testParts {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.tests == nil {
		t.Fatalf("devstack: this package needs: func TestMain(m *testing.M) { os.Exit(devstack.Main(m)) }")
	}
	return shared.tests
}

func (p *testParts) stop() error {
	return errors.Join(p.cluster.end((*testCluster).stop), p.temporal.end((*Temporal).Stop), p.folder.end((*testFolder).remove))
}

// once makes a value for whoever asks first; the others wait, and get the same value or the same error.
type once[T any] struct {
	mu    sync.Mutex
	made  bool
	value T
	err   error
}

func (o *once[T]) get(produce func() (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.made {
		o.value, o.err = produce()
		o.made = true
	}
	return o.value, o.err
}

// end gives the value back, if there is one.
func (o *once[T]) end(done func(T) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.made || o.err != nil {
		return nil
	}
	return done(o.value)
}

// testFolder is a folder for temporary files that says by a lock that its owner lives.
type testFolder struct {
	path string
	lock *os.File
}

const testFolderPrefix = "wxdesk-test-"

// newTestFolder also removes the folders of binaries that were killed.
func newTestFolder() (*testFolder, error) {
	account, err := accountFor("")
	if err != nil {
		return nil, err
	}
	base := shortTemp(account)
	stale, _ := filepath.Glob(filepath.Join(base, testFolderPrefix+"*"))
	for _, path := range stale {
		removeStale(path)
	}
	path, err := os.MkdirTemp(base, testFolderPrefix)
	if err != nil {
		return nil, err
	}
	lock, err := tryLock(filepath.Join(path, "lock"))
	if err != nil {
		return nil, err
	}
	return &testFolder{path, lock}, os.Chmod(path, 0o711) // Postgres's user passes through to a folder of its own
}

// removeStale removes the folder if it has a lock that nobody holds. One without a lock is just being made, or another
// user's.
func removeStale(path string) {
	file := filepath.Join(path, "lock")
	if _, err := os.Stat(file); err != nil {
		return
	}
	lock, err := tryLock(file)
	if err != nil {
		return
	}
	defer lock.Close()
	_ = os.RemoveAll(path) // what cannot be removed now, the next binary tries again
}

func (f *testFolder) remove() error { return errors.Join(os.RemoveAll(f.path), f.lock.Close()) }

// sharedFolder is the folder of this binary.
func (p *testParts) sharedFolder() (string, error) {
	f, err := p.folder.get(newTestFolder)
	if err != nil {
		return "", err
	}
	return f.path, nil
}

// unique is eight characters that no other name has.
func unique() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
