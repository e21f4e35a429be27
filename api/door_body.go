package api

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// readCallback reads the body of a callback within its limits (C19, C20, C22). Nothing is ever decompressed. Bodies above
// smallCallback share roomForLarge, and the surplus is told to come again; leave gives the room back.
func (d *door) readCallback(w http.ResponseWriter, r *http.Request) (body []byte, leave func(), err error) {
	inRoom := &roomyBody{ReadCloser: r.Body, room: d.room, size: maxCallback}
	if r.ContentLength >= 0 {
		inRoom.size = r.ContentLength
	}
	r.Body = inRoom
	if r.Header.Get("Content-Encoding") != "" {
		stopReading(w)
		return nil, inRoom.leave, refuse(http.StatusUnsupportedMediaType, "content-encoding", nil)
	}
	body, err = readBody(w, r, maxCallback)
	switch {
	case errors.Is(err, errTooLong):
		err = refuse(http.StatusRequestEntityTooLarge, "too-large", nil)
	case errors.Is(err, errOverloaded):
	case err != nil:
		err = refuse(http.StatusBadRequest, "body-breaks-off", err)
	case len(body) == 0:
		err = refuse(http.StatusBadRequest, "empty", nil)
	}
	return body, inRoom.leave, err
}

// roomyBody takes room for a body when more than smallCallback of it has come: who announces much and sends little takes none.
type roomyBody struct {
	io.ReadCloser
	room *room
	size int64 // what it may become, in bytes
	read int64
	took bool
}

// Read implements io.Reader. It fails with errOverloaded where there is no room.
func (b *roomyBody) Read(p []byte) (int, error) {
	left := smallCallback - b.read
	if left <= 0 && !b.took {
		if b.took = b.room.take(b.size); !b.took {
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

func (b *roomyBody) leave() {
	if b.took {
		b.room.giveBack(b.size)
	}
}

// room is memory that bodies share, in bytes. It is safe for concurrent use.
type room struct {
	places *semaphore.Weighted
	taken  atomic.Int64
}

func newRoom(size int64) *room { return &room{places: semaphore.NewWeighted(size)} }

// take takes so many bytes, unless there are too few left.
func (r *room) take(bytes int64) bool {
	took := r.places.TryAcquire(bytes)
	if took {
		r.taken.Add(bytes)
	}
	return took
}

func (r *room) giveBack(bytes int64) {
	r.taken.Add(-bytes)
	r.places.Release(bytes)
}
