package bench_test

import (
	"bytes"
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"wxdesk/internal/e2e/harness"
)

// BenchmarkAcknowledge_toBareSignalWithStart compares callbacks acknowledged per second (HTTP, signature, cipher, SignalWithStart)
// with bare calls of SignalWithStart of the same size, for as many workflows. No worker runs.
func BenchmarkAcknowledge_toBareSignalWithStart(b *testing.B) {
	s := harness.Start(b)
	account := harness.NewCallbackAccount(s)
	s.Command("dev", "stop", "worker")
	senders, bare := account.NewSenders(), s.TemporalClient()
	const each = 32 // callbacks of a sender in a round,
	const of = 8    // of so many customers: the endpoint hands over fifty a second of each
	payload := bytes.Repeat([]byte("x"), account.CallbackSize())
	compare(b, harness.Senders*each, "callbacks", func() measured {
		requests := account.NewCallbacks(0, harness.Senders, each, of)
		return runTogether(b, harness.Senders, func(n int) {
			for _, l := range requests[n] {
				senders[n].Post(l)
			}
		})
	}, rival{"signal-with-start", 1.0, func() measured {
		return runTogether(b, harness.Senders, func(sender int) {
			for n := range each {
				_, err := bare.SignalWithStartWorkflow(context.Background(), "bare/"+strconv.Itoa(sender*of+n%of), "bare", payload,
					client.StartWorkflowOptions{TaskQueue: "bare-nobody"}, "Bare")
				require.NoError(b, err)
			}
		})
	}})
}
