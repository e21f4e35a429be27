package phone_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestPage_runsOfflineUnderAStrictPolicy(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	header, html := w.Page("/")
	policy := header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")
	require.NotRegexp(t, `<style|style=|\son[a-z]+=|<script[^>]*>[^<]`, html, "nothing inline")
	require.Equal(t, 4, strings.Count(html, "data-act="))
	require.Contains(t, html, `data-act="{&#34;kind&#34;:&#34;image&#34;}"`)

	for _, path := range regexp.MustCompile(`(?:href|src)="(/[^"]*)"`).FindAllStringSubmatch(html, -1) {
		_, body := w.Page(path[1])
		require.NotRegexp(t, `https?://|@import|url\(`, body, "%s loads nothing from elsewhere", path[1])
	}
	for _, path := range []string{"/assets/", "/assets/phone.html", "/nothing"} {
		require.Equal(t, 404, w.Try("GET", path, "").Status, path)
	}
}

func TestPage_setsWhatWasSaidAsTextOnly(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	_, script := w.Page("/assets/phone.js")
	require.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|createContextualFragment`, script)
}

// Without a drawing of its own an item is shown as the text it has, and most have none.
func TestPage_hasADrawingForEveryKindThatIsShown(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Do("PATCH", "/_sim/settings", `{"window_messages":50}`, 200)
	for _, act := range []string{
		`"image"`, `"voice"`, `"video"`, `"shortvideo"`, `"location","latitude":31.2,"longitude":121.4`, `"link","url":"https://shop.example/"`,
		`"click","key":"k"`, `"view","url":"https://shop.example/"`, `"scan","scene":"s"`, `"scancode_push","key":"k"`, `"scancode_waitmsg","key":"k"`,
		`"pic_sysphoto","key":"k"`, `"pic_photo_or_album","key":"k"`, `"pic_weixin","key":"k"`, `"location_select","key":"k","latitude":1,"longitude":2`,
		`"miniprogram","key":"pages/a"`, `"raw","xml":"<xml></xml>"`,
	} {
		w.Act(`{"kind":` + act + `}`)
	}
	for _, message := range []string{
		`"image","image":{"media_id":"IMAGE"}`, `"voice","voice":{"media_id":"VOICE"}`, `"video","video":{"media_id":"VIDEO","thumb_media_id":"THUMB"}`,
		`"music","music":{"thumb_media_id":"THUMB"}`, `"news","news":{"articles":[{"title":"a"}]}`, `"mpnews","mpnews":{"media_id":"m"}`,
		`"mpnewsarticle","mpnewsarticle":{"article_id":"a"}`, `"msgmenu","msgmenu":{"list":[{"id":"1","content":"yes"}]}`,
		`"miniprogrampage","miniprogrampage":{"title":"t","appid":"wxabcdefabcdefabcd","pagepath":"p","thumb_media_id":"THUMB"}`,
	} {
		require.Equal(t, 0, w.SendBody(w.AccessToken(), w.WithMedia(`{"touser":"`+simulatortest.OpenID+`","msgtype":`+message+`}`)), message)
	}

	_, script := w.Page("/assets/phone.js")
	drawn := map[string]bool{"text": true}
	for _, table := range regexp.MustCompile(`(?s)const (?:bubbles|taps|events) = \{(.*?)\n?\};`).FindAllStringSubmatch(script, -1) {
		for _, key := range regexp.MustCompile(`(?m)(?:^ *|, )(\w+):`).FindAllStringSubmatch(table[1], -1) {
			drawn[key[1]] = true
		}
	}
	screen := w.Screen()
	require.GreaterOrEqual(t, len(screen), 26)
	for _, it := range screen {
		require.True(t, drawn[it.Kind], it.Kind)
	}
}

func TestPage_offersOnlyActsThatTheControlApiTakes(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	_, html := w.Page("/")
	for _, act := range regexp.MustCompile(`data-act="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		verdict, _ := w.Act(strings.ReplaceAll(act[1], "&#34;", `"`))
		require.Equal(t, "accepted", verdict, act[1])
	}
}
