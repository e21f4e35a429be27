package temporalclient

import (
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"wxdesk/internal/secret"
)

const (
	payloadLabel = "temporal payload" // of the keyring's derived key
	payloadPlace = "payload"
	encoding     = "binary/wxdesk-aead"
	keyIDField   = "wxdesk-key-id"
)

// Codec seals every payload that goes to Temporal: inputs, results, signals, memos, summaries, and failures too. Temporal
// and whoever reads its database see which key sealed what, and nothing else.
type Codec struct {
	ring  *secret.Keyring
	panic bool
}

// NewCodec is the codec for callers, who get an error for what cannot be opened.
func NewCodec(ring *secret.Keyring) *Codec { return &Codec{ring: ring} }

// NewWorkerCodec is the codec for workers. What it cannot open makes it panic: the SDK then fails the task, which is tried
// again, whereas for an error it would drop the signal.
func NewWorkerCodec(ring *secret.Keyring) *Codec { return &Codec{ring: ring, panic: true} }

var _ converter.PayloadCodec = (*Codec)(nil)

// Encode implements converter.PayloadCodec.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encode payload: %w", err)
		}
		sealed[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				converter.MetadataEncoding: []byte(encoding),
				keyIDField:                 []byte(c.ring.Primary()),
			},
			Data: c.ring.Seal(payloadLabel, payloadPlace, plain),
		}
	}
	return sealed, nil
}

// Decode implements converter.PayloadCodec. Payloads that were never sealed pass as they are.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != encoding {
			opened[i] = p
			continue
		}
		plain, err := c.ring.Open(payloadLabel, payloadPlace, p.GetData())
		if err == nil {
			opened[i] = &commonpb.Payload{}
			err = proto.Unmarshal(plain, opened[i])
		}
		if err != nil {
			return nil, c.refuse(p, err)
		}
	}
	return opened, nil
}

func (c *Codec) refuse(p *commonpb.Payload, err error) error {
	err = fmt.Errorf("open a Temporal payload sealed by master key %q: %w", p.GetMetadata()[keyIDField], err)
	if c.panic && errors.Is(err, secret.ErrUnavailable) {
		panic(err)
	}
	return err
}
