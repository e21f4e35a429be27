package wxapi_test

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// The other way to a customer: what package wechat writes in answer to a callback, judged by the simulator in each mode.
func TestSimulator_showsPassiveRepliesOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModeCompatible, wechat.ModePlain} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := newSimulated(t)
			answerWith := s.answersPassively(mode)
			picture, voice := s.uploads(wxapi.MediaImage, pngFile(t)), s.uploads(wxapi.MediaVoice, amrFile())
			video, thumb := s.uploads(wxapi.MediaVideo, mp4File()), s.uploads(wxapi.MediaThumb, jpegFile(t))
			article := wechat.NewsArticle{Title: "t", Description: "d", URL: "https://x/?a=1&b=2", PicURL: "https://x/p"}
			for _, tt := range []struct {
				reply wechat.Passive
				want  shown
			}{
				{wechat.Text{Content: "好的 ]]> <a href=\"https://x\">x</a>\n👋"}, shown{Text: "好的 ]]> <a href=\"https://x\">x</a>\n👋"}},
				{wechat.Image{MediaID: picture}, shown{Fields: texts{"MediaId": picture}}},
				{wechat.Voice{MediaID: voice}, shown{Fields: texts{"MediaId": voice}}},
				{wechat.Video{MediaID: video, Title: "t", Description: "d"}, shown{Text: "t", Fields: texts{"MediaId": video, "Title": "t", "Description": "d"}}},
				{
					wechat.Music{Title: "t", Description: "d", URL: "https://x/m", HQURL: "https://x/h", ThumbMediaID: thumb},
					shown{Text: "t", Fields: texts{"Title": "t", "Description": "d", "MusicUrl": "https://x/m", "HQMusicUrl": "https://x/h", "ThumbMediaId": thumb}},
				},
				{
					wechat.News{Articles: []wechat.NewsArticle{article}},
					shown{Text: "t", Fields: texts{"Title": "t", "Description": "d", "Url": "https://x/?a=1&b=2", "PicUrl": "https://x/p"}},
				},
			} {
				answerWith(tt.reply)
				id, verdict := s.tells(object{"text": "?"})
				require.Equal(t, "replied", verdict, "%+v", tt.reply)
				tt.want.From, tt.want.Kind, tt.want.InReplyTo = "account", tt.reply.Kind(), id
				require.Equal(t, tt.want, s.last())
			}

			answerWith(wechat.News{Articles: []wechat.NewsArticle{article, article, article}})
			_, verdict := s.tells(object{"kind": "click", "key": "NEWS"})
			require.Equal(t, "replied", verdict)
			require.Equal(t, "t\nt\nt", s.last().Text, "an event has up to eight articles")

			for _, transfer := range []wechat.Passive{wechat.Transfer{KfAccount: "mei@tea"}, wechat.TransferToAI{}} {
				answerWith(transfer)
				_, verdict := s.tells(object{"text": "?"})
				require.Equal(t, "accepted", verdict)
				require.Equal(t, "customer", s.last().From, "nothing is shown of it")
			}
		})
	}
}

// answersPassively gives the account a mode and a server that reads each callback with package wechat, and answers it with
// what the function was given last.
func (s *simulated) answersPassively(mode wechat.Mode) (with func(wechat.Passive)) {
	s.t.Helper()
	var set struct {
		Token  string `json:"token"`
		AESKey string `json:"encoding_aes_key"`
	}
	s.control("PATCH", "accounts/"+string(s.of.AppID), object{"mode": mode}, &set)
	cipher, err := wechat.NewCipher(set.AESKey, s.of.AppID)
	require.NoError(s.t, err)
	var reply atomic.Pointer[wechat.Passive]
	server := serves(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := answered(r, mode, cipher, set.Token, *reply.Load())
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", wechat.ReplyContentType)
		_, _ = w.Write(body)
	}))
	s.control("PATCH", "accounts/"+string(s.of.AppID), object{"callback_url": server.URL}, nil)
	s.control("PATCH", "settings", object{"attempts": 1}, nil) // what fails is not tried again
	return func(p wechat.Passive) { reply.Store(&p) }
}

// answered is a whole callback: the signature, the envelope, the message, the reply and its wrapper.
func answered(r *http.Request, mode wechat.Mode, cipher *wechat.Cipher, token string, with wechat.Passive) ([]byte, error) {
	opened, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	query, signed := r.URL.Query(), r.URL.Query().Get("signature")
	parts := []string{query.Get("timestamp"), query.Get("nonce")}
	if mode.Encrypted() {
		envelope, err := wechat.ReadEnvelope(opened)
		if err != nil {
			return nil, err
		}
		parts, signed = append(parts, string(envelope.Encrypt)), query.Get("msg_signature")
		if opened, err = cipher.Open(envelope.Encrypt); err != nil {
			return nil, err
		}
	}
	if wechat.Signature(token, parts...) != signed {
		return nil, errors.New("the signature is wrong")
	}
	m, err := wechat.ReadInbound(opened)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	reply, err := wechat.ReplyTo(m, with, now).XML()
	if err != nil || !mode.Encrypted() {
		return reply, err
	}
	return wechat.Wrap(cipher, token, reply, query.Get("nonce"), now)
}
