// Package aws has the types in which the Temporal server speaks with AWS. Nothing here does: see ErrNotBuilt.
package aws

import (
	"context"
	"errors"
)

// ErrNotBuilt is what every call to AWS returns.
var ErrNotBuilt = errors.New("this development server is built without AWS: it can neither archive in S3 nor sign requests to Elasticsearch")

// String returns a pointer to s.
func String(s string) *string { return &s }

// Int32 returns a pointer to n.
func Int32(n int32) *int32 { return &n }

// Config would say how AWS is reached.
type Config struct{ Credentials CredentialsProvider }

// ClientLogMode says what a client logs.
type ClientLogMode uint64

// Credentials sign requests.
type Credentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }

// CredentialsProvider finds credentials.
type CredentialsProvider interface {
	Retrieve(context.Context) (Credentials, error)
}

// Retryer says which errors are worth another try.
type Retryer interface{ IsErrorRetryable(error) bool }
