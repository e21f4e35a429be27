package chaos_test

import (
	"net/http"
	"slices"

	"wxdesk/internal/e2e/harness"
)

// attempt is one callback request of the simulator.
type attempt struct {
	MsgID   string `json:"msg_id"`
	Attempt int
	TookMS  int64 `json:"took_ms"`
	Status  int
	Verdict string
	Reason  string
}

// attemptsByMessage returns the attempts so far, grouped by message, in the order in which the customer wrote.
func attemptsByMessage(c harness.Customer) [][]attempt {
	c.System.T.Helper()
	var out struct{ Items []attempt }
	c.System.CallSimulator(http.MethodGet, "/accounts/"+c.AppID+"/callbacks?openid="+c.OpenID, nil, &out)
	var messages [][]attempt
	for _, a := range out.Items {
		i := slices.IndexFunc(messages, func(m []attempt) bool { return m[0].MsgID == a.MsgID })
		if i < 0 {
			messages = append(messages, nil)
			i = len(messages) - 1
		}
		messages[i] = append(messages[i], a)
	}
	return messages
}

// accepted reports whether one of the attempts was acknowledged.
func accepted(attempts []attempt) bool {
	return slices.ContainsFunc(attempts, func(a attempt) bool { return a.Verdict == "accepted" })
}

// countAccepted returns how many messages were acknowledged.
func countAccepted(c harness.Customer) (n int) {
	c.System.T.Helper()
	for _, attempts := range attemptsByMessage(c) {
		if accepted(attempts) {
			n++
		}
	}
	return n
}

// countFinished returns how many messages WeChat attempts no more: they were acknowledged, or it gave up after three attempts.
func countFinished(c harness.Customer) (n int) {
	c.System.T.Helper()
	for _, attempts := range attemptsByMessage(c) {
		if accepted(attempts) || len(attempts) >= 3 {
			n++
		}
	}
	return n
}
