package phone_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestTap_onPicturesAndPlacesIsFollowedByThem(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Act(`{"kind":"pic_photo_or_album","key":"P"}`)
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 2 }, "the tap and the picture are told")
	w.Act(`{"kind":"location_select","key":"L","latitude":23.1,"longitude":113.3,"label":"家"}`)
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 4 }, "the tap and the place are told")
	documents := []string{}
	for _, in := range w.Server.Received() {
		documents = append(documents, in.Inner)
	}
	all := strings.Join(documents, "\n")
	require.Regexp(t, `<SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum><!\[CDATA\[[0-9a-f]{32}\]\]>`, all)
	require.Contains(t, all, "<SendLocationInfo><Location_X><![CDATA[23.1]]>")
	kinds := []string{}
	for _, it := range w.Screen() {
		kinds = append(kinds, it.Kind)
	}
	require.Equal(t, []string{"pic_photo_or_album", "image", "location_select", "location"}, kinds)
	w.Do("POST", w.Path("followers/"+simulatortest.OpenID+"/say"), `{"kind":"pic_weixin"}`, 400)
}
