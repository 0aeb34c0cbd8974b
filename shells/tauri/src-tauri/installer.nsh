; What the installer for Windows does besides.

!macro NSIS_HOOK_PREINSTALL
  ; Files of an older version must not lie between the new ones: Django would find the migrations of both.
  RMDir /r "$INSTDIR\backend"
!macroend
