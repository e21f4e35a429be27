package apitest

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// InFakeTime runs a test in a bubble whose clock stands where timestamps have ten digits.
func InFakeTime(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(25 * 365 * 24 * time.Hour)         // fake: takes no time
		t.Cleanup(func() { time.Sleep(time.Minute) }) // what waits for more work goes home
		test(t)
	})
}

// Stall returns a function that blocks until the test ends, and does not watch its context.
func Stall(t *testing.T) func() error {
	t.Helper()
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return func() error {
		<-end
		return errors.New("released")
	}
}

// PostInTime sends a callback and checks that the answer is there in time.
func PostInTime(t *testing.T, h http.Handler, cb Callback, status int, body string) time.Duration {
	t.Helper()
	start := time.Now()
	RequireText(t, cb.Post(t, h), status, body)
	took := time.Since(start)
	require.Less(t, took, 4600*time.Millisecond)
	return took
}
