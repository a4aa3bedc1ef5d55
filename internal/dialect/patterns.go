package dialect

// What every dialect compares values by: patterns of RE2, which all of them speak.
const (
	emailWord    = `[^\s\p{Z}\p{C}@<>"(),;]`
	emailPattern = `^` + emailWord + `+@` + emailWord + `+\.[^\s\p{Z}\p{C}@<>"(),;.]{2,}$`
	// edges are the white space and invisible characters at both ends of a text.
	edges = `^[\s\p{Z}\p{C}]+|[\s\p{Z}\p{C}]+$`
)
