package web

import (
	"context"
	"net/http"
	"time"
)

const (
	// requestsPerToken is how many requests of one API token, or one session, a process has under way, until their answers are taken. It is half of
	// the process's connections to Postgres: whatever one token asks for, and whether or not its bearer reads the answers, callbacks
	// have the others, and there is memory (R19).
	requestsPerToken = 8
	// placeWithin is how long a request waits for a place among those of its API token.
	placeWithin = 2 * time.Second
)

// TakePlace waits until few enough requests with the same API token or session are under way; release ends this one. It is not
// looked up before that: requests that wait cost nothing. A request without any needs no place.
func (g *Guard) TakePlace(ctx context.Context, r *http.Request) (release func(), refused *Problem) {
	c, ok, _ := credentialOf(r)
	if !ok {
		return func() {}, nil
	}
	waiting, cancel := context.WithTimeout(ctx, placeWithin)
	defer cancel()
	release, err := g.requests.Take(waiting, string(c.hash[:]))
	if err != nil {
		return nil, TooManyRequests.Retry(1)
	}
	return release, nil
}
