package temporalclient

import (
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"wxdesk/internal/secret"
)

const (
	payloadLabel = "temporal payload" // of the keyring's derived keys, with the day
	encoding     = "binary/wxdesk-aead"
	keyIDField   = "wxdesk-key-id"
	dayField     = "wxdesk-day"
	placeField   = "wxdesk-place"

	// replayNamespace is where the SDK replays recorded histories, which were sealed elsewhere (internal.ReplayNamespace).
	replayNamespace = "ReplayNamespace"
)

// Codec seals every payload that goes to Temporal: inputs, results, signals, memos, summaries, and failures too. Temporal
// and whoever reads its database see which key sealed what, on which day and for which workflow id, and nothing else.
//
// A payload opens only under the day and the place that it names, its place being namespace/workflow id. If the SDK says for
// which workflow something is opened, what was sealed for another is refused, and so is what was never sealed.
//
// Each day has a key of its own: random nonces of 96 bits are good for 2^32 payloads of a key, which is 49,000 a second for a day.
type Codec struct {
	ring      *secret.Keyring
	worker    bool
	place     string // namespace/workflow id; "" if it is not known
	namespace string // "" if it is not known
}

// NewCodec is the codec for callers, who get an error for what cannot be opened.
func NewCodec(ring *secret.Keyring) *Codec { return &Codec{ring: ring} }

// NewWorkerCodec is the codec for workers. What it cannot open for want of a key makes it panic: the SDK then fails the task,
// which is tried again, whereas for an error it would drop the signal. It drops what was never sealed, or for another workflow.
func NewWorkerCodec(ring *secret.Keyring) *Codec { return &Codec{ring: ring, worker: true} }

var (
	_ converter.PayloadCodec                         = (*Codec)(nil)
	_ converter.PayloadCodecWithSerializationContext = (*Codec)(nil)
)

// Payloads that no run takes.
var (
	errUnsealed   = errors.New("temporalclient: the payload is not sealed")
	errOtherPlace = errors.New("temporalclient: the payload was sealed for another workflow")
)

// WithSerializationContext implements converter.PayloadCodecWithSerializationContext.
func (c *Codec) WithSerializationContext(in converter.SerializationContext) converter.PayloadCodec {
	return c.bind(in)
}

func (c *Codec) bind(in converter.SerializationContext) *Codec {
	bound := *c
	switch in := in.(type) {
	case converter.WorkflowSerializationContext:
		bound.namespace, bound.place = in.Namespace, in.Namespace+"/"+in.WorkflowID
	case converter.ActivitySerializationContext:
		bound.namespace, bound.place = in.Namespace, in.Namespace+"/"+in.WorkflowID
	}
	if bound.namespace == replayNamespace {
		bound.namespace, bound.place = "", ""
	}
	return &bound
}

// forNamespace is the codec for one who knows the namespace and not the workflow; "" for neither.
func (c *Codec) forNamespace(namespace string) *Codec {
	return &Codec{ring: c.ring, namespace: namespace}
}

// Encode implements converter.PayloadCodec.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	day := time.Now().UTC().Format(time.DateOnly)
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
				dayField:                   []byte(day),
				placeField:                 []byte(c.place),
			},
			Data: c.ring.Seal(payloadLabel+" "+day, c.place, plain),
		}
	}
	return sealed, nil
}

// Decode implements converter.PayloadCodec. Payloads that were never sealed pass as they are if nobody says for which workflow
// they are opened: the Web UI shows them.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		var err error
		if opened[i], err = c.open(p); err != nil {
			return nil, c.refuse(p, err)
		}
	}
	return opened, nil
}

func (c *Codec) open(p *commonpb.Payload) (*commonpb.Payload, error) {
	if string(p.GetMetadata()[converter.MetadataEncoding]) != encoding {
		if c.worker || c.place != "" {
			return nil, errUnsealed
		}
		return p, nil
	}
	day, place := string(p.GetMetadata()[dayField]), string(p.GetMetadata()[placeField])
	if _, err := time.Parse(time.DateOnly, day); err != nil || !c.takes(place) {
		return nil, errOtherPlace
	}
	plain, err := c.ring.Open(payloadLabel+" "+day, place, p.GetData())
	if err != nil {
		return nil, err
	}
	opened := &commonpb.Payload{}
	return opened, proto.Unmarshal(plain, opened)
}

// takes reports whether what was sealed for a place may be opened here.
func (c *Codec) takes(place string) bool {
	switch {
	case c.place != "":
		return place == c.place
	case c.namespace != "":
		return strings.HasPrefix(place, c.namespace+"/")
	}
	return true
}

func (c *Codec) refuse(p *commonpb.Payload, err error) error {
	err = fmt.Errorf("open a Temporal payload sealed by master key %q: %w", p.GetMetadata()[keyIDField], err)
	if c.worker && errors.Is(err, secret.ErrUnavailable) {
		panic(err)
	}
	return err
}

// failures converts errors, with the codec of the workflow that they belong to.
type failures struct {
	converter.FailureConverter
	codec *Codec
}

func newFailures(codec *Codec) failures {
	return failures{codec: codec, FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter:          converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec),
		EncodeCommonAttributes: true,
	})}
}

// WithSerializationContext implements converter.FailureConverterWithSerializationContext.
func (f failures) WithSerializationContext(in converter.SerializationContext) converter.FailureConverter {
	return newFailures(f.codec.bind(in))
}
