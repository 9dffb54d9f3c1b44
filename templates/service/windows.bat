@echo off
chcp 65001 >nul
if exist "@ENVIRONMENT@" call "@ENVIRONMENT@"
set "MAILBOT_HOME=@HOME@"
"@PROGRAM@" run
exit /b %errorlevel%
