package callback

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"wxdesk/api/web"
)

// readCallback reads the body of a callback within its limits (C19, C20, C22). Nothing is ever decompressed. Bodies above
// smallCallback share largeCallbackBytes; if that is used up, the callback is answered 503. release gives the bytes back.
func (e *Endpoint) readCallback(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	limited := &limitedBody{ReadCloser: r.Body, limit: e.largeBodies, size: maxCallback}
	if r.ContentLength >= 0 {
		limited.size = r.ContentLength
	}
	r.Body = limited
	if r.Header.Get("Content-Encoding") != "" {
		web.StopReading(w)
		return nil, limited.release, reject(http.StatusUnsupportedMediaType, "content-encoding", nil)
	}
	body, err = web.ReadBody(w, r, maxCallback)
	switch {
	case errors.Is(err, web.ErrTooLong):
		err = reject(http.StatusRequestEntityTooLarge, "too-large", nil)
	case errors.Is(err, errOverloaded):
	case err != nil:
		err = reject(http.StatusBadRequest, "body-breaks-off", err)
	case len(body) == 0:
		err = reject(http.StatusBadRequest, "empty", nil)
	}
	return body, limited.release, err
}

// limitedBody takes bytes of the limit for a body when more than smallCallback of it has come: a sender who announces much and
// sends little takes none.
type limitedBody struct {
	io.ReadCloser
	limit *byteLimit
	size  int64 // what it may become, in bytes
	read  int64
	took  bool
}

// Read implements io.Reader. It fails with errOverloaded where too few bytes of the limit are left.
func (b *limitedBody) Read(p []byte) (int, error) {
	left := smallCallback - b.read
	if left <= 0 && !b.took {
		if b.took = b.limit.take(b.size); !b.took {
			return 0, errOverloaded
		}
	}
	if !b.took {
		p = p[:min(int64(len(p)), left)]
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	return n, err
}

func (b *limitedBody) release() {
	if b.took {
		b.limit.giveBack(b.size)
	}
}

// byteLimit is memory that bodies share, in bytes. It is safe for concurrent use.
type byteLimit struct {
	places *semaphore.Weighted
	taken  atomic.Int64
}

func newByteLimit(size int64) *byteLimit { return &byteLimit{places: semaphore.NewWeighted(size)} }

// take takes so many bytes, unless there are too few left.
func (l *byteLimit) take(bytes int64) bool {
	took := l.places.TryAcquire(bytes)
	if took {
		l.taken.Add(bytes)
	}
	return took
}

func (l *byteLimit) giveBack(bytes int64) {
	l.taken.Add(-bytes)
	l.places.Release(bytes)
}
