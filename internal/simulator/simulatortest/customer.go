package simulatortest

import (
	"strconv"
	"time"
)

// Say lets the customer write and waits for WeChat's verdict.
func (w *World) Say(text string) (verdict string, attempts int) {
	w.t.Helper()
	return w.Act(`{"text":` + strconv.Quote(text) + `}`)
}

// Act lets the customer do something and waits for WeChat's verdict.
func (w *World) Act(body string) (verdict string, attempts int) {
	w.t.Helper()
	out := w.Do("POST", w.Path("followers/"+OpenID+"/say?wait=true"), body, 200)
	return out["verdict"].(string), int(out["attempts"].(float64))
}

// Item is what a screen shows.
type Item struct {
	N                                  int
	From, Channel, Kind, Text, Verdict string
	MsgID                              string `json:"msg_id"`
	InReplyTo                          string `json:"in_reply_to"`
	Fields                             map[string]string
	Picture, As                        string
	AI                                 bool
	Attempts                           int
}

// Screen is all that the customer sees.
func (w *World) Screen() []Item {
	w.t.Helper()
	return Get[Item](w, w.Path("followers/"+OpenID+"/screen"))
}

// Heard is what the customer sees and has not done: each with the channel it came by.
func (w *World) Heard() []string {
	w.t.Helper()
	texts := []string{}
	for _, it := range w.Screen() {
		if it.From != "customer" {
			texts = append(texts, it.Channel+": "+it.Text)
		}
	}
	return texts
}

// Attempt is one request to the account's server.
type Attempt struct {
	N, Attempt, Status    int
	MsgID                 string `json:"msg_id"`
	Kind, Verdict, Reason string
	Copy                  bool
	At                    time.Time
	Faults                []string
	TookMS                int64 `json:"took_ms"`
}

// Attempts are all requests to the account's server that have ended.
func (w *World) Attempts() []Attempt {
	w.t.Helper()
	return Get[Attempt](w, w.Path("callbacks"))
}

// Fault adds a fault, which happens at the next request that it applies to.
func (w *World) Fault(body string) {
	w.t.Helper()
	w.Do("POST", "/_sim/faults", body, 201)
}

// Advance moves the simulator's own time ahead.
func (w *World) Advance(d string) {
	w.t.Helper()
	w.Do("POST", "/_sim/clock", `{"advance":"`+d+`"}`, 200)
}
