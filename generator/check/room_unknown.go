package check

import (
	"slices"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/lower"
)

// roomUnknown is the rule ROOM_UNKNOWN.
func roomUnknown() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "ROOM_UNKNOWN", Purpose: `the rooms of an operation are among the channel's`},
		check: checkRoomUnknown,
	}
}

func checkRoomUnknown(s *subject, report reporter) {
	for _, o := range s.Operations {
		if o.Channel == nil || lower.Misspelt(o.Channel.Ext, "rooms", lower.ChannelKeys()) {
			continue
		}
		var known []string
		for _, r := range o.Channel.Namespace.Rooms {
			known = append(known, r.ID)
		}
		for _, key := range []string{"to", "except"} {
			seen := map[string]bool{}
			for _, room := range s.strings(o.Ext.Get(key)) {
				switch {
				case !slices.Contains(known, room.Text):
					report(room.Pos, "channel %s has no room %q%s", o.Channel.Key, room.Text, diag.DidYouMean(room.Text, known))
				case seen[room.Text]:
					report(room.Pos, "room %s occurs twice", room.Text)
				}
				seen[room.Text] = true
			}
		}
	}
}
