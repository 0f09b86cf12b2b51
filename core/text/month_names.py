"""Month names as Excel reads them: full, and abbreviated as in Windows (CLDR)."""

ENGLISH = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
# The regions of Europe and Latin America with a decimal comma; their Excel separates cells by ";".
OTHERS = " ".join(
    (
        "januar jänner februar feber märz mai juni juli oktober dezember mrz okt dez",
        "janvier février mars avril juin juillet août septembre octobre novembre décembre",
        "janv févr fév avr juil déc",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre dicembre",
        "gen mag giu lug ago set ott dic",
        "enero febrero abril mayo junio julio septiembre setiembre octubre noviembre diciembre",
        "ene abr",
        "janeiro fevereiro março maio junho julho setembro outubro novembro dezembro fev out",
        "januari februari maart mei augustus mrt",
        "mars maj augusti",
        "marts januar februar desember des",
        "styczeń stycznia luty lutego marzec marca kwiecień kwietnia maja czerwiec czerwca lipiec",
        "lipca sierpień sierpnia wrzesień września październik października listopad listopada",
        "grudzień grudnia sty lut kwi cze lip sie wrz paź lis gru",
    )
)
