package platform_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestMenu_isShownUntilItIsDeleted(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	require.EqualValues(t, 46003, w.API("menu/get", "")["errcode"])
	menu := `{"button":[{"type":"click","name":"Help","key":"HELP"},{"name":"More","sub_button":[{"type":"view","name":"Shop","url":"https://shop.example/"}]}]}`
	require.EqualValues(t, 0, w.API("menu/create", menu)["errcode"])
	shown := w.Do("GET", w.Path("menu"), "", 200)
	require.Equal(t, map[string]any{"menu": shown}, w.API("menu/get", ""))
	require.Len(t, shown["button"], 2)
	require.EqualValues(t, 0, w.API("menu/delete", "")["errcode"])
	require.Equal(t, map[string]any{"button": []any{}}, w.Do("GET", w.Path("menu"), "", 200))

	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"kind":"unverified_subscription"}`, 200)
	require.EqualValues(t, 48001, w.API("menu/create", menu)["errcode"])
}

func TestMenu_isRefusedWhereWeChatRefusesIt(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	main := func(entry string) string { return `{"button":[` + entry + `]}` }
	sub := func(entry string) string { return main(`{"name":"n","sub_button":[` + entry + `]}`) }
	entry := func(kind, name, key, url string) string {
		return fmt.Sprintf(`{"type":%q,"name":%q,"key":%q,"url":%q}`, kind, name, key, url)
	}
	long := func(n int) string { return strings.Repeat("x", n) }
	good := entry("click", "n", "k", "")
	for name, row := range map[string]struct {
		body string
		code int
	}{
		"every kind": {main(`{"name":"a","sub_button":[` + strings.Join([]string{
			entry("scancode_push", "n", "k", ""), entry("scancode_waitmsg", "n", "k", ""), entry("pic_sysphoto", "n", "k", ""),
			entry("pic_photo_or_album", "n", "k", ""), entry("pic_weixin", "n", "k", ""),
		}, ",") + `]},{"name":"b","sub_button":[` + strings.Join([]string{
			entry("location_select", "n", "k", ""), entry("view", "n", "", "https://u.example/"), `{"type":"media_id","name":"n","media_id":"m"}`,
			`{"type":"article_id","name":"n","article_id":"a"}`, `{"type":"miniprogram","name":"n","appid":"wx1","pagepath":"p","url":"https://u.example/"}`,
		}, ",") + `]}`), 0},
		"no button":          {`{}`, 40016},
		"four buttons":       {main(good + "," + good + "," + good + "," + good), 40016},
		"unknown type":       {main(entry("call", "n", "k", "")), 40017},
		"no name":            {main(entry("click", "", "k", "")), 40018},
		"name of 17 bytes":   {main(entry("click", long(17), "k", "")), 40018},
		"no key":             {main(entry("click", "n", "", "")), 40019},
		"key of 129 bytes":   {main(entry("click", "n", long(129), "")), 40019},
		"no URL":             {main(entry("view", "n", "", "shop")), 40020},
		"URL of 1025 bytes":  {main(entry("view", "n", "", "https://u.example/"+long(1007))), 40020},
		"three levels":       {sub(`{"name":"n","sub_button":[` + good + `]}`), 40022},
		"six below":          {sub(strings.Repeat(good+",", 5) + good), 40023},
		"unknown type below": {sub(entry("call", "n", "k", "")), 40024},
		"long name below":    {sub(entry("click", long(61), "k", "")), 40025},
		"no key below":       {sub(entry("click", "n", "", "")), 40026},
		"no URL below":       {sub(entry("view", "n", "", "")), 40027},
		"no medium":          {main(`{"type":"media_id","name":"n"}`), 40007},
		"no mini program":    {main(`{"type":"miniprogram","name":"n"}`), 40013},
	} {
		require.EqualValues(t, row.code, w.API("menu/create", row.body)["errcode"], name)
	}
}
