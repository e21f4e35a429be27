package delivery

import (
	"context"
	"io"
	"time"
)

// slowPortions is in how many portions a slow body is sent.
const slowPortions = 20

// slowReader gives a body away in portions, with a pause before each.
type slowReader struct {
	ctx     context.Context
	rest    []byte
	portion int
	every   time.Duration
}

func newSlowBody(ctx context.Context, body []byte, lasts time.Duration) io.ReadCloser {
	return io.NopCloser(&slowReader{ctx: ctx, rest: body, portion: len(body)/slowPortions + 1, every: lasts / slowPortions})
}

func (s *slowReader) Read(into []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(s.every):
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
	n := copy(into, s.rest[:min(s.portion, len(s.rest))])
	s.rest = s.rest[n:]
	return n, nil
}
