package dialect

import (
	"slices"
	"strings"
)

// calling are ISO 3166 regions with their E.164 calling code (ITU-T E.164, list of
// assigned country codes, 2016-11-01).
const calling = "AD376 AE971 AF93 AG1 AI1 AL355 AM374 AO244 AR54 AT43 AU61 AW297 AZ994 BA387 BB1 BD880 BE32 BF226 BG359 BH973 BI257 BJ229 BM1 BN673 BO591 BR55 BS1 BT975 BW267 BY375 BZ501 CA1 CD243 CF236 CG242 CH41 CI225 CL56 CM237 CN86 CO57 CR506 CU53 CV238 CW599 CY357 CZ420 DE49 DJ253 DK45 DM1 DO1 DZ213 EC593 EE372 EG20 ER291 ES34 ET251 FI358 FJ679 FO298 FR33 GA241 GB44 GD1 GE995 GF594 GG44 GH233 GI350 GL299 GM220 GN224 GP590 GQ240 GR30 GT502 GW245 GY592 HK852 HN504 HR385 HT509 HU36 ID62 IE353 IL972 IM44 IN91 IQ964 IR98 IS354 IT39 JE44 JM1 JO962 JP81 KE254 KG996 KH855 KM269 KN1 KR82 KW965 KY1 KZ7 LA856 LB961 LC1 LI423 LK94 LR231 LS266 LT370 LU352 LV371 LY218 MA212 MC377 MD373 ME382 MG261 MK389 ML223 MM95 MN976 MO853 MQ596 MR222 MT356 MU230 MV960 MW265 MX52 MY60 MZ258 NA264 NC687 NE227 NG234 NI505 NL31 NO47 NP977 NZ64 OM968 PA507 PE51 PF689 PG675 PH63 PK92 PL48 PR1 PS970 PT351 PY595 QA974 RE262 RO40 RS381 RU7 RW250 SA966 SC248 SD249 SE46 SG65 SI386 SK421 SL232 SM378 SN221 SO252 SR597 SV503 SY963 SZ268 TD235 TG228 TH66 TJ992 TM993 TN216 TR90 TT1 TW886 TZ255 UA380 UG256 US1 UY598 UZ998 VA39 VE58 VN84 XK383 YE967 ZA27 ZM260 ZW263"

var callingRegions, callingCodes = func() (regions, codes []string) {
	for f := range strings.FieldsSeq(calling) {
		regions, codes = append(regions, f[:2]), append(codes, f[2:])
	}
	return regions, codes
}()

// nanp are the countries of the code 1: a leading 1 is the trunk prefix of a number
// of ten digits, 011 stands for +.
const nanp = "^1([0-9]{10})$"

// trunks are what is dialled before a national number and is no part of it, where
// that is not a leading 0 (ITU-T National Numbering Plans, checked 2026-11-22).
var trunks = []struct {
	pattern string
	regions []string
}{
	{"", []string{"IT", "SM", "VA", "CI", "CG", "BJ"}}, // the 0 belongs to the number
	{"^8([0-9]{10})$", []string{"RU", "KZ"}},
	{"^80?([0-9]{9})$", []string{"BY"}},
	{"^[08]([0-9]{8})$", []string{"LT"}},
	{"^06()", []string{"HU"}},
}

// trunkZero are codes of countries whose numbers never begin with 0 behind the code:
// one that is written there is the trunk prefix.
var trunkZero = []string{
	"20", "27", "30", "31", "32", "33", "34", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51", "54", "55", "61", "62", "64",
	"81", "82", "84", "86", "90", "91", "92", "94", "98", "212", "213", "234", "254", "351", "352", "353", "355", "358", "359", "380", "381", "385", "386",
	"387", "389", "420", "421", "880", "962", "966", "971", "972",
}

// trunkOf is the pattern that finds the trunk prefix in a national number; its group
// is what is kept.
func trunkOf(region, code string) string {
	if code == "1" {
		return nanp
	}
	for _, t := range trunks {
		if slices.Contains(t.regions, region) {
			return t.pattern
		}
	}
	return "^0()"
}
