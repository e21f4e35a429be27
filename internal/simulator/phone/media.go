package phone

import (
	"cmp"
	"slices"
	"time"

	"wxdesk/internal/simulator/state"
)

// withMedia gives an act the media it needs: those that were named, as far as the store knows them, and made-up ones for those that
// were not. It returns the made-up ones, which are new. base is the simulator's address, for the PicUrl.
func (a Act) withMedia(account *state.AccountData, base string, now time.Time) (Act, []state.Medium) {
	m := mediaFinder{account: account, now: now}
	switch a.Kind {
	case "image":
		a.picture = m.find(&a.MediaID, state.Image).PicturePath()
		a.PicURL = cmp.Or(a.PicURL, base+state.Medium{AppID: account.AppID, ID: a.MediaID}.Path())
	case "voice":
		m.find(&a.MediaID, state.Voice)
	case "video", "shortvideo":
		m.find(&a.MediaID, state.Video)
		a.picture = m.find(&a.ThumbMediaID, state.Thumb).PicturePath()
	case "pic_sysphoto", "pic_photo_or_album", "pic_weixin":
		a.pictures = m.pictures(a.MediaIDs)
	}
	return a, slices.Clip(m.made)
}

// mediaFinder finds the media of one act, or makes them up.
type mediaFinder struct {
	account *state.AccountData
	now     time.Time
	made    []state.Medium
}

// find returns the medium of an id. An id that the store does not know is passed on as it is; an empty one is filled.
func (m *mediaFinder) find(id *string, kind state.MediaKind) state.Medium {
	if *id != "" {
		return m.account.Media[*id]
	}
	sample := m.sample(kind)
	*id = sample.ID
	return sample
}

func (m *mediaFinder) sample(kind state.MediaKind) state.Medium {
	sample := sampleMedium(m.account.AppID, kind, m.now)
	m.made = append(m.made, sample)
	return sample
}

// pictures returns those of the ids that are pictures of the store, and one that is made up if no id was named.
func (m *mediaFinder) pictures(ids []string) []state.Medium {
	if len(ids) == 0 {
		return []state.Medium{m.sample(state.Image)}
	}
	var pictures []state.Medium
	for _, id := range ids {
		if known, ok := m.account.Media[id]; ok && known.Kind == state.Image {
			pictures = append(pictures, known)
		}
	}
	return pictures
}
