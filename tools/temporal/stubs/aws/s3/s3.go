// Package s3 has a client of S3 whose every call fails with aws.ErrNotBuilt.
package s3

import (
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Client refuses everything.
type Client struct{}

// Options would say how S3 is reached.
type Options struct {
	BaseEndpoint *string
	UsePathStyle bool
}

// NewFromConfig returns a Client.
func NewFromConfig(aws.Config, ...func(*Options)) *Client { return &Client{} }

type (
	// HeadBucketInput names a bucket.
	HeadBucketInput struct{ Bucket *string }
	// HeadBucketOutput says that it is there.
	HeadBucketOutput struct{}
	// HeadObjectInput names an object.
	HeadObjectInput struct{ Bucket, Key *string }
	// HeadObjectOutput says that it is there.
	HeadObjectOutput struct{}
	// PutObjectInput is an object to write.
	PutObjectInput struct {
		Bucket, Key *string
		Body        io.Reader
	}
	// PutObjectOutput says that it was written.
	PutObjectOutput struct{}
	// GetObjectInput names an object.
	GetObjectInput struct{ Bucket, Key *string }
	// GetObjectOutput has its content.
	GetObjectOutput struct{ Body io.ReadCloser }
	// ListObjectsV2Input asks for a page of names.
	ListObjectsV2Input struct {
		Bucket, Prefix, Delimiter, ContinuationToken *string
		MaxKeys                                      *int32
	}
	// ListObjectsV2Output is a page of names.
	ListObjectsV2Output struct {
		Contents              []types.Object
		CommonPrefixes        []types.CommonPrefix
		IsTruncated           *bool
		NextContinuationToken *string
	}
)

// HeadBucket refuses.
func (*Client) HeadBucket(context.Context, *HeadBucketInput, ...func(*Options)) (*HeadBucketOutput, error) {
	return nil, aws.ErrNotBuilt
}

// HeadObject refuses.
func (*Client) HeadObject(context.Context, *HeadObjectInput, ...func(*Options)) (*HeadObjectOutput, error) {
	return nil, aws.ErrNotBuilt
}

// PutObject refuses.
func (*Client) PutObject(context.Context, *PutObjectInput, ...func(*Options)) (*PutObjectOutput, error) {
	return nil, aws.ErrNotBuilt
}

// GetObject refuses.
func (*Client) GetObject(context.Context, *GetObjectInput, ...func(*Options)) (*GetObjectOutput, error) {
	return nil, aws.ErrNotBuilt
}

// ListObjectsV2 refuses.
func (*Client) ListObjectsV2(context.Context, *ListObjectsV2Input, ...func(*Options)) (*ListObjectsV2Output, error) {
	return nil, aws.ErrNotBuilt
}
