/** What offhook itself calls a password or a token: the end of a key. */
const own = /(?:password|token)$/;

/** As vendors call theirs: `account.1.password`, `Admin_Passwd`, `Password_1_`, `wifi.1.psk`. */
const vendors = /(?:pass(?:word|wd|phrase)?|pwd|secret|psk)(?:_?\d+_?)?$/i;

/** Whether a parameter of a vendor is a password by its name. */
export const isPasswordName = (name: string): boolean => vendors.test(name);

/** Whether what stands under a key is never shown. */
export const isSecretKey = (key: string | number): boolean => own.test(String(key)) || vendors.test(String(key));
