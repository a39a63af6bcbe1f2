package awsapi

import "slices"

// Page returns one page of at most limit names, sorted. It reorders names. The token of a page is
// the last name of the page before, empty for the first; next is that of the page that follows,
// empty if this is the last.
func Page(names []string, token string, limit int) (page []string, next string) {
	slices.Sort(names)
	names = slices.DeleteFunc(names, func(n string) bool { return token != "" && n <= token })
	if len(names) <= limit {
		return names, ""
	}
	return names[:limit], names[limit-1]
}

// Listing is the answer to a listing: the items under the member's name, and NextToken if there is
// a next page.
func Listing(member string, items any, next string) map[string]any {
	out := map[string]any{member: items}
	if next != "" {
		out["NextToken"] = next
	}
	return out
}
