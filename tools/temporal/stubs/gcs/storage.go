// Package storage has the types in which the Temporal server speaks with Google Cloud Storage. There is no client: NewClient refuses.
package storage

import (
	"context"
	"errors"

	"google.golang.org/api/option"
)

// ErrNotBuilt is what every call returns.
var ErrNotBuilt = errors.New("this development server is built without Google Cloud Storage: it cannot archive there")

// ScopeFullControl is the right to do everything.
const ScopeFullControl = "https://www.googleapis.com/auth/devstorage.full_control"

type (
	// Client would be a connection to Google Cloud Storage.
	Client struct{}
	// BucketHandle would be a bucket.
	BucketHandle struct{}
	// BucketAttrs says that a bucket is there.
	BucketAttrs struct{}
	// ObjectHandle would be an object.
	ObjectHandle struct{}
	// ObjectAttrs is an object's name.
	ObjectAttrs struct{ Name string }
	// ObjectIterator would find objects.
	ObjectIterator struct{}
	// Query says which.
	Query struct{ Prefix string }
	// Reader would read an object.
	Reader struct{}
	// Writer would write an object.
	Writer struct{}
)

// NewClient refuses.
func NewClient(context.Context, ...option.ClientOption) (*Client, error) { return nil, ErrNotBuilt }

// Bucket returns a bucket that refuses everything.
func (*Client) Bucket(string) *BucketHandle { return &BucketHandle{} }

// Attrs refuses.
func (*BucketHandle) Attrs(context.Context) (*BucketAttrs, error) { return nil, ErrNotBuilt }

// Object returns an object that refuses everything.
func (*BucketHandle) Object(string) *ObjectHandle { return &ObjectHandle{} }

// Objects finds none.
func (*BucketHandle) Objects(context.Context, *Query) *ObjectIterator { return &ObjectIterator{} }

// Next refuses.
func (*ObjectIterator) Next() (*ObjectAttrs, error) { return nil, ErrNotBuilt }

// Attrs refuses.
func (*ObjectHandle) Attrs(context.Context) (*ObjectAttrs, error) { return nil, ErrNotBuilt }

// NewReader refuses.
func (*ObjectHandle) NewReader(context.Context) (*Reader, error) { return nil, ErrNotBuilt }

// NewWriter returns a writer that refuses everything.
func (*ObjectHandle) NewWriter(context.Context) *Writer { return &Writer{} }

// Read refuses.
func (*Reader) Read([]byte) (int, error) { return 0, ErrNotBuilt }

// Close refuses.
func (*Reader) Close() error { return ErrNotBuilt }

// Write refuses.
func (*Writer) Write([]byte) (int, error) { return 0, ErrNotBuilt }

// Close refuses.
func (*Writer) Close() error { return ErrNotBuilt }

// CloseWithError refuses.
func (*Writer) CloseWithError(error) error { return ErrNotBuilt }
