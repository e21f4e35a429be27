// Command webhook-bot is an example of a webhook bot. It checks the signature of each request, answers a few words, and asks for a
// person if it has no answer. docs/bots.md explains the protocol.
//
//	WEBHOOK_SECRET=whsec_… go run ./examples/webhook-bot -addr 127.0.0.1:8099
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8099", "where to listen")
	flag.Parse()
	key, err := keyOf(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal("WEBHOOK_SECRET: ", err)
	}
	server := &http.Server{Addr: *addr, Handler: bot{key}, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// keyOf reads a secret: whsec_ and the base64 of the key.
func keyOf(secret string) ([]byte, error) {
	text, found := strings.CutPrefix(secret, "whsec_")
	if !found {
		return nil, fmt.Errorf("expected whsec_ and base64")
	}
	return base64.StdEncoding.DecodeString(text)
}

// question is what this bot reads of a request.
type question struct {
	First   bool `json:"first"`
	Message struct {
		Kind string `json:"kind"`
		Text string `json:"text"`
	} `json:"message"`
}

type answer struct {
	Messages []message `json:"messages,omitempty"`
	Command  *command  `json:"command,omitempty"`
}

type message struct {
	Text string `json:"text"`
}

type command struct {
	Name   string `json:"name"`
	Reason string `json:"reason,omitempty"`
}

type bot struct{ key []byte }

// ServeHTTP answers one turn.
func (b bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil || !b.signed(r.Header, body, time.Now()) {
		http.Error(w, "the body cannot be read, or its signature is wrong", http.StatusUnauthorized)
		return
	}
	var q question
	if err := json.Unmarshal(body, &q); err != nil {
		http.Error(w, "the body is not JSON of a turn", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(reply(q)) // if it fails, nobody listens any more
}

// reply is where your own bot begins.
func reply(q question) answer {
	text := strings.ToLower(q.Message.Text)
	switch {
	case q.Message.Kind == "text" && strings.Contains(text, "human"):
		return answer{Command: &command{Name: "escalate", Reason: "the customer asked for a person"}}
	case strings.Contains(text, "bye"):
		return answer{Messages: []message{{"Good-bye!"}}, Command: &command{Name: "end"}}
	case q.First:
		return answer{Messages: []message{{"Welcome! I repeat what you write; “human” brings a person."}}}
	case q.Message.Kind != "text":
		return answer{Messages: []message{{"I can only read text."}}}
	}
	return answer{Messages: []message{{"You wrote: " + q.Message.Text}}}
}

// tolerance is how old a request may be; an older one may be somebody repeating what was overheard.
const tolerance = 5 * time.Minute

// signed checks a request by Standard Webhooks: an HMAC-SHA-256 over id, timestamp and body with full stops between them.
// There may be several signatures, while a secret is being replaced.
func (b bot) signed(h http.Header, body []byte, now time.Time) bool {
	seconds, err := strconv.ParseInt(h.Get("Webhook-Timestamp"), 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, b.key)
	fmt.Fprintf(mac, "%s.%d.%s", h.Get("Webhook-Id"), seconds, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Fields(h.Get("Webhook-Signature")) {
		if hmac.Equal([]byte(given), []byte(want)) {
			return true
		}
	}
	return false
}
