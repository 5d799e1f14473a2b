package config

import (
	"errors"
	"io/fs"
)

// suggest adds the nearest known name to a hint, where one is near.
func suggest(hint, name string, known []string) string {
	best, least := "", 1+len(name)/3 // a third mistyped is still that name
	for _, candidate := range known {
		if d := distance(name, candidate); d <= least {
			best, least = candidate, d-1
		}
	}
	if best == "" {
		return hint
	}

	return hint + "; did you mean " + best + "?"
}

// distance is the number of letters to insert, delete or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}

	return row[len(b)]
}

// why is an error without the path that the message names already.
func why(err error) string {
	var p *fs.PathError
	if !errors.As(err, &p) {
		return err.Error()
	}
	if errors.Is(err, fs.ErrPermission) {
		return p.Err.Error() + "; let the user that runs ksfu read it, or name a copy"
	}

	return p.Err.Error()
}
