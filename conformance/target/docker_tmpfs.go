package target

import (
	"fmt"
	"regexp"
	"strings"
)

// tmpfs returns the folders in memory, each owned by the image's user where its
// options name nobody: Docker gives it the mode of the folder beneath, whatever
// "mode" says, and root as owner, so that another user could not write there.
func (t *dockerTarget) tmpfs(image string) (map[string]string, error) {
	if len(t.o.Tmpfs) == 0 {
		return nil, nil
	}
	found, err := t.client.InspectImage(image)
	if err != nil {
		return nil, fmt.Errorf("look at image %s: %w", image, err)
	}
	user := ""
	if found.Config != nil {
		user = found.Config.User
	}
	owned := map[string]string{}
	for folder, options := range t.o.Tmpfs {
		owned[folder] = ownedBy(options, user)
	}
	return owned, nil
}

// ownedBy adds a user, as "uid" or "uid:gid", to mount options without one. A
// name means nothing to the kernel, and is left out.
func ownedBy(options, user string) string {
	parts := regexp.MustCompile(`^([0-9]+)(?::([0-9]+))?$`).FindStringSubmatch(user)
	if parts == nil || strings.Contains(","+options, ",uid=") {
		return options
	}
	all := []string{"uid=" + parts[1]}
	if options != "" {
		all = []string{options, all[0]}
	}
	if parts[2] != "" && !strings.Contains(","+options, ",gid=") {
		all = append(all, "gid="+parts[2])
	}
	return strings.Join(all, ",")
}
