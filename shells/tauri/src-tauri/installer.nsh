; What the installer for Windows does besides.

!macro NSIS_HOOK_PREINSTALL
  ; Tauri asks whether a running app may be closed after this. Whoever says no must have a whole one still.
  !insertmacro CheckIfAppIsRunning "$INSTDIR\${MAINBINARYNAME}.exe" "${PRODUCTNAME}"
  ; Files of an older version must not lie between the new ones: Django would find the migrations of both. A folder with a
  ; file in use can't be renamed, so all of it goes or nothing. The backend ends a moment after the app.
  RMDir /r "$INSTDIR\backend.old"
  StrCpy $0 0
  ${DoWhile} ${FileExists} "$INSTDIR\backend\*.*"
    ClearErrors
    Rename "$INSTDIR\backend" "$INSTDIR\backend.old"
    ${If} ${Errors}
      ${If} $0 = 80
        Abort "A program still uses $INSTDIR\backend. Close it, then start this again."
      ${EndIf}
      IntOp $0 $0 + 1
      Sleep 250
    ${EndIf}
  ${Loop}
  RMDir /r "$INSTDIR\backend.old"
!macroend
