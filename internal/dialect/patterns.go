package dialect

// What every dialect compares values by: patterns of RE2, which all of them speak.
const (
	emailWord    = `[^\s\p{Z}\p{C}@<>"(),;]`
	emailPattern = `^` + emailWord + `+@` + emailWord + `+\.[^\s\p{Z}\p{C}@<>"(),;.]{2,}$`
	// edges are the white space and invisible characters at both ends of a text.
	edges = `^[\s\p{Z}\p{C}]+|[\s\p{Z}\p{C}]+$`
)

// personName are the steps that make of a name in lower case what platforms hash:
// without titles in front, generations behind, and punctuation.
var personName = [][2]string{
	{`^((mr|mrs|ms|miss|mx|dr|prof)\.?\s+)+`, ""},
	{`([\s,]+(jr|sr|ii|iii|iv|phd|md)\.?)+$`, ""},
	{`[\p{P}\p{S}\p{C}]+`, ""},
	{`[\s\p{Z}]+`, " "},
}
