package wechat_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// bombs are as long as the callback endpoint lets a body be, and made to cost more than that.
func bombs() map[string]string {
	const size = 256 << 10
	fill := func(head, unit, tail string) string {
		return head + strings.Repeat(unit, (size-len(head)-len(tail))/len(unit)) + tail
	}
	laughs := "<!DOCTYPE l [<!ENTITY l0 \"ha\">"
	for i := range 30 {
		laughs += fmt.Sprintf("<!ENTITY l%d \"%s\">", i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	return map[string]string{
		"billion laughs":            laughs + "]><xml>&l30;</xml>",
		"laughs without a DOCTYPE":  "<xml><Content>" + strings.Repeat("&l30;", 50_000) + "</Content></xml>",
		"quadratic blow-up":         fill(`<!DOCTYPE l [<!ENTITY a "`+strings.Repeat("a", size/2)+`">]><xml>`, "&a;", "</xml>"),
		"an element in an element":  fill("<xml>", "<a>", ""),
		"many small elements":       fill("<xml>", "<a>b</a>", "</xml>"),
		"many empty elements":       fill("<xml>", "<a/>", "</xml>"),
		"many long names":           fill("<xml>", "<"+strings.Repeat("n", 64)+"/>", "</xml>"),
		"many CDATA sections":       fill("<xml><Content>", "<![CDATA[]]>", "</Content></xml>"),
		"CDATA that never ends":     fill("<xml><Content>", "<![CDATA[", ""),
		"many references":           fill("<xml><Content>", "&lt;", "</Content></xml>"),
		"many carriage returns":     fill("<xml><Content>", "\r", "</Content></xml>"),
		"many attributes":           fill("<xml", " a='1'", "></xml>"),
		"many pictures":             fill("<xml><SendPicsInfo><PicList>", "<item><PicMd5Sum>a</PicMd5Sum></item>", "</PicList></SendPicsInfo></xml>"),
		"many comments":             fill("<xml>", "<!-- -->", "</xml>"),
		"a reference without end":   fill("<xml><Content>&#", "9", ";</Content></xml>"),
		"a name without end":        fill("<", "x", "/>"),
		"nothing but white space":   fill("", " \n", ""),
		"the same message of 64 KB": inboundXML("text", "<Content>"+strings.Repeat("長", 21_000)+"</Content>"),
	}
}

// X02
// Whatever is written to blow up costs at most a megabyte. It is counted in bytes allocated, of which a busy machine
// makes no more; what allocates no more than that has not expanded anything.
func TestXMLBombs_costLessThanAMegabyte(t *testing.T) { // alone: it counts what the whole process allocates
	for name, body := range bombs() {
		for reader, read := range map[string]func([]byte){
			"envelope": func(b []byte) { _, _ = wechat.ReadEnvelope(b) },
			"message":  func(b []byte) { _, _ = wechat.ReadInbound(b) },
		} {
			bytes := []byte(body)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			read(bytes)
			runtime.ReadMemStats(&after)
			require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "%s read as %s", name, reader)
		}
	}
}
