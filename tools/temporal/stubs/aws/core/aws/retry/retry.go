// Package retry says which errors are worth another try.
package retry

// Standard is an aws.Retryer.
type Standard struct{}

// NewStandard returns one.
func NewStandard() Standard { return Standard{} }

// IsErrorRetryable says no: a client that was not built in will not be there the next time either.
func (Standard) IsErrorRetryable(error) bool { return false }
