// Package v4 signs nothing.
package v4

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Signer would sign requests.
type Signer struct{}

// NewSigner returns one.
func NewSigner() *Signer { return &Signer{} }

// SignHTTP refuses.
func (*Signer) SignHTTP(_ context.Context, _ aws.Credentials, _ *http.Request, _, _, _ string, _ time.Time) error {
	return aws.ErrNotBuilt
}
