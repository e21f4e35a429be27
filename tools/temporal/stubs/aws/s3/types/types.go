// Package types has the parts of S3's answers.
package types

// Object is one name of a page.
type Object struct{ Key *string }

// CommonPrefix is what several names begin with.
type CommonPrefix struct{ Prefix *string }

// NoSuchBucket says that a bucket is not there.
type NoSuchBucket struct{}

func (*NoSuchBucket) Error() string { return "no such bucket" }

// NoSuchKey says that an object is not there.
type NoSuchKey struct{}

func (*NoSuchKey) Error() string { return "no such key" }
