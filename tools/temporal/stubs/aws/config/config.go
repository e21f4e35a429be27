// Package config finds no settings of AWS.
package config

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// LoadOption would change what is loaded.
type LoadOption struct{}

// WithRegion has no effect.
func WithRegion(string) LoadOption { return LoadOption{} }

// WithClientLogMode has no effect.
func WithClientLogMode(aws.ClientLogMode) LoadOption { return LoadOption{} }

// LoadDefaultConfig refuses.
func LoadDefaultConfig(context.Context, ...LoadOption) (aws.Config, error) {
	return aws.Config{}, aws.ErrNotBuilt
}

// EnvConfig is what the environment says.
type EnvConfig struct{ Credentials aws.Credentials }

// NewEnvConfig refuses.
func NewEnvConfig() (EnvConfig, error) { return EnvConfig{}, aws.ErrNotBuilt }
