// Package credentials has no credentials for AWS.
package credentials

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// StaticCredentialsProvider would return the credentials that it was made with.
type StaticCredentialsProvider struct{}

// NewStaticCredentialsProvider forgets them.
func NewStaticCredentialsProvider(_, _, _ string) StaticCredentialsProvider {
	return StaticCredentialsProvider{}
}

// Retrieve refuses.
func (StaticCredentialsProvider) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, aws.ErrNotBuilt
}
